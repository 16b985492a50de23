package wiring_test

import (
	"database/sql"
	"io"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/malformed"
)

type (
	misspelt struct {
		wiring.In

		DB *sql.DB `naem:"replica"`
	}
	unknownTag struct {
		wiring.In

		DB *sql.DB `optional:"true" json:"db"`
	}
	badOptional struct {
		wiring.In

		DB *sql.DB `optional:"yes"`
	}
	badIgnore struct {
		wiring.In `ignore-unexported:"please"`

		DB *sql.DB
	}
	unknownGroupOption struct {
		wiring.In

		DBs []*sql.DB `group:"dbs,sorted"`
	}
	emptyGroupOption struct {
		wiring.In

		DBs []*sql.DB `group:"dbs,"`
	}
	flattenParam struct {
		wiring.In

		DBs []*sql.DB `group:"dbs,flatten"`
	}
	groupOfOne struct {
		wiring.In

		DB *sql.DB `group:"dbs"`
	}
	groupWithoutName struct {
		wiring.In

		DBs []*sql.DB `group:",soft"`
	}
	namedGroup struct {
		wiring.In

		DBs []*sql.DB `group:"dbs" name:"replicas"`
	}
	optionalGroup struct {
		wiring.In

		DBs []*sql.DB `group:"dbs" optional:"true"`
	}
	taskGroup struct {
		wiring.In

		Tasks []task.Task `group:"tasks"`
	}
	unexportedIn struct {
		wiring.In

		DB  *sql.DB
		log io.Writer
	}
	secondIn struct {
		wiring.In

		Other wiring.In `ignore-unexported:"true"`
		log   io.Writer
	}
	pointerIn struct {
		*wiring.In

		DB *sql.DB
	}
	plainIn struct {
		wiring.In

		DB *sql.DB
	}
	nestedOptional struct {
		wiring.In

		Plain plainIn `optional:"true"`
	}
	severalMistakes struct {
		wiring.In

		DB  *sql.DB   `naem:"replica"`
		Log io.Writer `optional:"ja"`
		DBs *sql.DB   `group:"dbs"`
	}
)

func (p unexportedIn) use() io.Writer { return p.log }
func (p secondIn) use() io.Writer     { return p.log }

func TestMistakenParameters(t *testing.T) {
	// Whatever it asks for is there, so that only the mistake itself is reported.
	in := func(function any) []wiring.Layer {
		return []wiring.Layer{database, worker, layer("api", func(r *wiring.Registry) { r.Invoke(function) })}
	}
	testMistakes(t, []mistake{
		{name: "a misspelt tag", layers: in(func(misspelt) {})},
		{name: "an unknown tag", layers: in(func(unknownTag) {})},
		{name: "a malformed tag", layers: in(func(malformed.Params) {})},
		{name: "a tag without a key", layers: in(func(malformed.NoKey) {})},
		{name: "an optional tag that is neither true nor false", layers: in(func(badOptional) {})},
		{name: "an ignore unexported tag that is neither true nor false", layers: in(func(badIgnore) {})},
		{name: "an unknown option of a group in parameters", layers: in(func(unknownGroupOption) {})},
		{name: "an empty option of a group in parameters", layers: in(func(emptyGroupOption) {})},
		{name: "flatten in parameters", layers: in(func(flattenParam) {})},
		{name: "a group that is not received as a slice", layers: in(func(groupOfOne) {})},
		{name: "a group without a name in parameters", layers: in(func(groupWithoutName) {})},
		{name: "a group with a name in parameters", layers: in(func(namedGroup) {})},
		{name: "an optional group", layers: in(func(optionalGroup) {})},
		{name: "the group of tasks is for the service", layers: in(func(taskGroup) {})},
		{name: "an unexported field in parameters", layers: in(func(p unexportedIn) { p.use() })},
		{name: "an ignore unexported tag of another field", layers: in(func(p secondIn) { p.use() })},
		{name: "a pointer to a parameter object", layers: in(func(*plainIn) {})},
		{name: "an embedded pointer to In", layers: in(func(pointerIn) {})},
		{name: "an optional parameter object", layers: in(func(nestedOptional) {})},
		{name: "a result object as parameter", layers: in(func(databases) {})},
		{name: "a pointer to a result object as parameter", layers: in(func(*databases) {})},
		{name: "several mistakes in one parameter object", layers: in(func(severalMistakes) {})},
	})
}

// What such a field asks for is not known, so it is not missing on top of that.
func TestAFieldWithAMistakenTagIsOneProblem(t *testing.T) {
	for _, function := range []any{
		func(misspelt) {}, func(unknownTag) {}, func(badOptional) {}, func(malformed.Params) {}, func(malformed.NoKey) {},
	} {
		_, err := assemble(worker, layer("api", func(r *wiring.Registry) { r.Invoke(function) })).Verify()

		as[*wiring.RegistrationError](t, err)
		assert.Len(t, problems(t, err), 1, "%T", function)
	}
}

func TestTagsAreInDoubleQuotes(t *testing.T) {
	for _, tag := range []string{`name:n`, `name:'n'`, "name:`n`"} {
		_, plan := taggedConsumer(t, tag, reflect.TypeFor[int]())

		assert.Nil(t, plan, tag)
	}
}
