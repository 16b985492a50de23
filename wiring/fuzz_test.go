package wiring_test

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// FuzzTags asks for a field with any tag. Whatever the tag is, the verification says
// what is wrong with it, or dig agrees and the field gets what the tag says.
func FuzzTags(f *testing.F) {
	for _, tag := range []string{
		``, `name:"n"`, `name:"m"`, `name:"n" optional:"true"`, `optional:"maybe"`, `optional:"true"`, `group:"g"`, `group:"g,soft"`,
		`group:"g,flatten"`, `group:"g,hard"`, `group:"g,"`, `group:"g,,soft"`, `group:","`, `group:",soft"`, `group:"tasks"`, `name:"n" group:"g"`, `group:"g" optional:"true"`,
		`name:n`, `name: "n"`, `name:"n`, `name:'n'`, "name:`n`", `name:"n"optional:"true"`, `  name:"n"  `, `nane:"n"`, `json:"n"`, `:"n"`,
		`name:"n" name:"m"`, "\tname:\"n\"", `name:"\x6e"`, `name:"` + "`" + `"`, "name:\"\x00\"", `name:""`, `group:""`, "\xff", `name:"\u2028"`,
	} {
		for field := range fieldTypes {
			f.Add(tag, uint8(field))
		}
	}
	f.Fuzz(func(t *testing.T, tag string, field uint8) {
		typ := fieldTypes[int(field)%len(fieldTypes)]
		got, plan := taggedConsumer(t, tag, typ)
		if plan == nil {
			return
		}
		buildAll(t, plan)
		in := reflect.StructTag(tag)
		var want any
		switch {
		case in.Get("group") != "":
			want = members(in.Get("group"))
		case in.Get("name") == "n":
			want = 2
		case in.Get("name") == "":
			want = 1
		default:
			want = 0 // optional, and nobody provides it
		}
		if typ.Kind() == reflect.Slice && in.Get("group") == "" {
			want = []int(nil) // optional too
		}
		if !reflect.DeepEqual(got.Interface(), want) {
			t.Errorf("a %v with the tag `%s` gets %v, want %v", typ, tag, got, want)
		}
	})
}

var fieldTypes = []reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[[]int]()}

func members(group string) []int {
	if group == "g" {
		return []int{3, 4}
	}
	return []int{} // of another group, or soft: nobody else needs the members
}

// taggedConsumer verifies a graph in which a task needs a field with the tag. It returns
// the value that the field will get, and a nil plan if the tag is wrong.
func taggedConsumer(t *testing.T, tag string, typ reflect.Type) (reflect.Value, *wiring.Plan) {
	in := reflect.StructOf([]reflect.StructField{
		{Name: "In", Type: reflect.TypeFor[wiring.In](), Anonymous: true},
		{Name: "Field", Type: typ, Tag: reflect.StructTag(tag)},
	})
	got := reflect.New(typ).Elem()
	taskType := reflect.TypeFor[task.Task]()
	constructor := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{in}, []reflect.Type{taskType}, false), func(args []reflect.Value) []reflect.Value {
		got.Set(args[0].Field(1))
		return []reflect.Value{reflect.ValueOf(fuzzTask()).Convert(taskType)}
	})
	plan, err := assemble(
		layer("provides", func(r *wiring.Registry) {
			r.Supply(1)
			r.Supply(2, wiring.Name("n"))
			r.Supply(3, wiring.Group("g"))
			r.Provide(func() int { return 4 }, wiring.Group("g"))
		}),
		layer("asks", func(r *wiring.Registry) { r.ProvideTask(constructor.Interface()) }),
	).Verify()
	if err != nil {
		checkText(t, err)
		return got, nil
	}
	return got, plan
}

func fuzzTask() task.Task {
	return task.New("fuzz", task.Oneshot, func(context.Context) error { return nil })
}

// buildAll builds the plan; what the verification accepts, dig accepts too.
func buildAll(t *testing.T, plan *wiring.Plan) {
	build := plan.NewBuild()
	build.Run(t.Context())
	if _, err := build.Result(); err != nil {
		t.Fatalf("verified, and then: %+v", err)
	}
	checkGraph(t, plan.Graph(nil))
}

// checkText formats an error in all ways; no name breaks its lines.
func checkText(t *testing.T, err error) {
	for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err)} {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimSpace(line) == "" {
				t.Errorf("an empty line in the error:\n%q", text)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				t.Errorf("a control character in the error: %q", line)
			}
		}
	}
}

// FuzzNames uses any text as the name of layers, resources and groups.
func FuzzNames(f *testing.F) {
	for _, text := range []string{
		"plain", "", "two words", `a"quote`, "back`tick", "new\nline", "comma,flatten", "flatten,flatten", "soft,soft", "a,b", "a,", ",", "tasks",
		`\`, "\x00", "\xff", "é", "\u2028", "service", "servicetest", "%d", "<b>", "#35;",
	} {
		f.Add(text, text, text)
		f.Add("layer", text, "")
		f.Add("layer", "", text)
	}
	f.Fuzz(func(t *testing.T, layerName, name, group string) {
		// What the tags of consumers cannot say, or say differently, needs no consumer.
		in := []reflect.StructField{{Name: "In", Type: reflect.TypeFor[wiring.In](), Anonymous: true}}
		if name != "" && utf8.ValidString(name) {
			in = append(in, reflect.StructField{Name: "Named", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(fmt.Sprintf("name:%q", name))})
		}
		if groupName, _, _ := strings.Cut(group, ","); groupName != "" && utf8.ValidString(group) {
			in = append(in, reflect.StructField{Name: "Grouped", Type: reflect.TypeFor[[]string](), Tag: reflect.StructTag(fmt.Sprintf("group:%q", groupName))})
		}
		var got reflect.Value
		constructor := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{reflect.StructOf(in)}, nil, false), func(args []reflect.Value) []reflect.Value {
			got = args[0]
			return nil
		})
		plan, err := assemble(
			layer(layerName, func(r *wiring.Registry) {
				r.Supply(1, wiring.Name(name))
				r.Supply("member", wiring.Group(group))
				r.Supply([]string{"first", "second"}, wiring.Group(group))
			}),
			layer("asks", func(r *wiring.Registry) {
				r.ProvideTask(fuzzTask)
				r.Invoke(constructor.Interface())
			}),
		).Verify()
		if err != nil {
			checkText(t, err)
			return
		}
		buildAll(t, plan)
		if field := got.FieldByName("Named"); field.IsValid() && field.Interface() != 1 {
			t.Errorf("the resource named %q is %v", name, field)
		}
		if field := got.FieldByName("Grouped"); field.IsValid() && field.Len() == 0 {
			t.Errorf("the group %q has no members", group)
		}
	})
}

// FuzzGraph draws a graph with any text in it.
func FuzzGraph(f *testing.F) {
	for _, text := range []string{
		"plain", "", `quo"te`, `back\slash`, `\"`, `\`, `\n`, "new\nline", "carriage\r\nreturn", "a; b -> c", "];", "<br/>", "<script>", "a & b", "&amp;",
		"#35;", "#quot;", "`code`", "end", "é", "\t", "{", "}", "|", "%%", "\u2028", "\xff",
	} {
		f.Add(text, "layer", "task")
		f.Add("label", text, "task")
		f.Add("label", "layer", text)
		f.Add(text, text, text)
	}
	f.Fuzz(func(t *testing.T, label, layerName, id string) {
		checkGraph(t, &wiring.Graph{
			Layers: []wiring.GraphLayer{{Name: layerName, Bundle: label}},
			Constructors: []wiring.GraphConstructor{
				{ID: "c0", Kind: "constructor", Layer: layerName, Function: label, Location: label, Used: true},
				{ID: "c1", Kind: "value", Layer: layerName, Location: label},
			},
			Resources: []wiring.GraphResource{{ID: "r0", Label: label, Type: label, Package: label}, {ID: "r1", Label: id, Missing: true}},
			Tasks:     []wiring.GraphTask{{ID: id, Kind: "task", Layer: layerName, Constructor: "c0"}},
			Edges:     []wiring.GraphEdge{{From: "c0", To: "r0"}, {From: "c1", To: "r1", Optional: true}, {From: "r0", To: "c1", Soft: true}},
		})
	})
}

// checkGraph reads the pictures of a graph back.
func checkGraph(t *testing.T, g *wiring.Graph) {
	var dot, mermaid strings.Builder
	if err := g.WriteDOT(&dot); err != nil {
		t.Fatal(err)
	}
	if err := g.WriteMermaid(&mermaid); err != nil {
		t.Fatal(err)
	}
	compare(t, "DOT", dot.String(), labels(g), readDOT(t, dot.String()))
	compare(t, "Mermaid", mermaid.String(), labels(g), readMermaid(t, mermaid.String()))
}

// labels returns all texts that a picture of the graph shows.
func labels(g *wiring.Graph) []string {
	var all []string
	drawn := make(map[string]bool)
	for _, c := range g.Constructors {
		if !drawn[c.Layer] {
			drawn[c.Layer] = true
			all = append(all, c.Layer)
		}
		text := c.Function
		if text == "" {
			text = c.Kind
		}
		for _, t := range g.Tasks {
			switch {
			case t.Constructor != c.ID:
			case t.ID == "":
				text += "\ntask"
			default:
				text += fmt.Sprintf("\n%s (%s)", t.ID, t.Kind)
			}
		}
		all = append(all, text)
	}
	for _, r := range g.Resources {
		all = append(all, r.Label)
	}
	return all
}

// compare compares labels, but for spaces: what becomes of a carriage return does not
// matter.
func compare(t *testing.T, language, text string, want, got []string) {
	spaces := strings.NewReplacer("\r", "", " ", "")
	left := make(map[string]int, len(want))
	for _, l := range want {
		left[spaces.Replace(l)]++
	}
	for _, l := range got {
		left[spaces.Replace(l)]--
	}
	for l, n := range left {
		if n != 0 {
			t.Errorf("%s: the label %q is there %d times too few\n%s", language, l, n, text)
		}
	}
}

const quotedDOT = `"(?:[^"\\]|\\.)*"`

// The statements of DOT that a graph consists of, a line each.
var (
	statementDOT = regexp.MustCompile(`^\t*(digraph wiring \{|rankdir=LR;|node \[[^"]*"sans-serif"[^"]*\];|subgraph cluster_\d+ \{|\}|[cr]\d+ -> [cr]\d+(?: \[style=dashed\])?;|` +
		`label=(` + quotedDOT + `);|[cr]\d+ \[(?:\w+=(?:\w+|` + quotedDOT + `)(?:, )?)*\];)$`)
	labelDOT  = regexp.MustCompile(`label=(` + quotedDOT + `)`)
	escapeDOT = regexp.MustCompile(`\\.`)
)

// readDOT checks that every line is one statement, and returns the labels.
func readDOT(t *testing.T, text string) []string {
	var all []string
	depth := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !statementDOT.MatchString(line) {
			t.Errorf("DOT: this line is no statement: %q", line)
		}
		switch {
		case strings.HasSuffix(line, "{") && !strings.Contains(line, "="):
			depth++
		case strings.TrimSpace(line) == "}":
			depth--
		}
		if m := labelDOT.FindStringSubmatch(line); m != nil {
			all = append(all, unescapeDOT(t, m[1]))
		}
	}
	if depth != 0 {
		t.Errorf("DOT: %d braces are left open\n%s", depth, text)
	}
	return all
}

func unescapeDOT(t *testing.T, quoted string) string {
	return escapeDOT.ReplaceAllStringFunc(quoted[1:len(quoted)-1], func(escape string) string {
		switch escape {
		case `\n`:
			return "\n"
		case `\"`, `\\`:
			return escape[1:]
		}
		t.Errorf("DOT: %s in a label means something else", escape)
		return escape
	})
}

var (
	statementMermaid = regexp.MustCompile("^\t*(flowchart LR|subgraph l\\d+\\[(\"[^\"`]*\")\\]|end|[cr]\\d+\\[(\"[^\"`]*\")\\]|[cr]\\d+\\(\\[(\"[^\"`]*\")\\]\\)|[cr]\\d+ (?:-->|-\\.->) [cr]\\d+)$")
	entityMermaid    = regexp.MustCompile(`#\w+;|<br/>|[<>&#]`)
)

// readMermaid checks that every line is one statement, and returns the labels.
func readMermaid(t *testing.T, text string) []string {
	var all []string
	depth := 0
	for line := range strings.Lines(text) {
		m := statementMermaid.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Errorf("Mermaid: this line is no statement: %q", line)
			continue
		}
		switch {
		case strings.HasPrefix(m[1], "subgraph"):
			depth++
		case m[1] == "end":
			depth--
		}
		for _, quoted := range m[2:] {
			if quoted != "" {
				all = append(all, unescapeMermaid(t, quoted))
			}
		}
	}
	if depth != 0 {
		t.Errorf("Mermaid: %d subgraphs are left open\n%s", depth, text)
	}
	return all
}

func unescapeMermaid(t *testing.T, quoted string) string {
	meaning := map[string]string{"#quot;": `"`, "#amp;": "&", "#lt;": "<", "#gt;": ">", "<br/>": "\n"}
	return entityMermaid.ReplaceAllStringFunc(quoted[1:len(quoted)-1], func(entity string) string {
		if plain, ok := meaning[entity]; ok {
			return plain
		}
		if code, err := strconv.Atoi(strings.Trim(entity, "#;")); err == nil && code > ' ' {
			return string(rune(code))
		}
		t.Errorf("Mermaid: %s in a label means something else", entity)
		return entity
	})
}
