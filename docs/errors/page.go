package main

import (
	"fmt"
	"slices"
	"strings"
)

// command rewrites the page.
const command = "GOWORK=off go -C docs/errors run . > docs/errors.md"

// maxLines is how much of a text is shown.
const maxLines = 25

var introduction = fmt.Sprintf(`# Twenty mistakes, and what is said about them

Each of these mistakes is really made: with this framework, with [fx](https://github.com/uber-go/fx), and with plain
[dig](https://github.com/uber-go/dig), the container that both stand on, as far as they have something like it. For each there is
the code with us, and what a user gets to see from the three.

- **The code** is taken from the files in [docs/errors](errors), which make the same mistake with fx and dig too. What several
  examples share comes first.
- **Our text** is what %[1]sservice.Main%[1]s prints to standard error: after the name of the program %[1]s%%v%[1]s of the error that %[1]sBuild%[1]s or
  %[1]sRun%[1]s returns, with the place where something hangs or has panicked, and the stack of a panic. What %[1]s%%+v%[1]s adds is folded away.
- **The text of fx** is the error of %[1]sapp.Err%[1]s, %[1]sapp.Start%[1]s or %[1]sapp.Stop%[1]s, that of dig the error of %[1]sProvide%[1]s or %[1]sInvoke%[1]s, as %[1]s%%v%[1]s
  prints them (with %[1]s%%+v%[1]s, dig breaks the same into several lines). The log of fx, which lists the constructors and hooks that
  it calls, is left out, and so is our own, unless it is said.
- **Verbatim**, but for what differs from machine to machine and from run to run: paths are short, the lines of files that are
  not in this directory are N, and of stacks only the frames of the program are left. A text of more than %[2]d lines is cut,
  and says how many are missing.

A test makes all mistakes again and compares; another one checks that the first two lines of each of our texts, below the
headline, name the culprit, the place, and the next step. After a change, in the root of the repository:

%[1]s%[1]s%[1]ssh
%[3]s
%[1]s%[1]s%[1]s

`, "`", maxLines, command)

// page returns docs/errors.md.
func page(entries []entry) (string, error) {
	parts, err := snippet("parts.go")
	if err != nil {
		return "", err
	}
	text := introduction + contents(entries) +
		"\n## What the examples share\n" + codeBlock("parts.go", parts)
	for i := range entries {
		text += entries[i].section()
	}
	return text, nil
}

func contents(entries []entry) string {
	var b strings.Builder
	b.WriteString("| | mistake | with us | with fx | with dig |\n|---|---|---|---|---|\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "| %d | [%s](#%s) | %s | %s | %s |\n",
			e.number, e.title, anchor(e.heading()), e.ours(), e.fx.outcome(e.asFx), e.dig.outcome(e.asDig))
	}
	return b.String()
}

func (e *entry) heading() string { return fmt.Sprintf("%d. %s", e.number, e.title) }

// anchor is the anchor that GitHub gives to a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// ours says in a few words where our text shows.
func (e *entry) ours() string {
	switch {
	case e.test != "":
		return "the test fails"
	case e.log:
		return "a warning in the log"
	case e.long.code == exitBuild:
		return "an error of `Build`"
	}
	return "an error of `Run`"
}

// outcome says in a few words what another framework does.
func (p peer) outcome(o outcome) string {
	switch {
	case p.run == nil:
		return "no counterpart"
	case o.code == 0:
		return "no error"
	case o.code == exitPeer:
		return "an error"
	case o.code < 0:
		return "the process is gone"
	}
	return "the process crashes"
}

func (e *entry) section() string {
	text := fmt.Sprintf("\n## %s\n\n%s\n", e.heading(), e.about)
	for i, code := range e.code {
		text += codeBlock(e.files[i], code)
	}
	text += "\n**With us**, " + e.ours() + ":\n" + block(e.main.text)
	if added := block(e.added()); added != "" && !e.log {
		text += "\n<details><summary><code>%+v</code> adds</summary>\n" + added + "\n</details>\n"
	}
	return text + e.fx.section("fx", e.asFx) + e.dig.section("dig", e.asDig)
}

// added returns the lines that %+v has and service.Main does not print.
func (e *entry) added() string {
	printed := strings.Split(e.main.text, "\n")
	return unindent(slices.DeleteFunc(strings.Split(e.long.text, "\n"), func(line string) bool {
		same := func(known string) bool { return strings.HasSuffix(known, strings.TrimSpace(line)) }
		return strings.HasPrefix(line, "wiring: ") || slices.ContainsFunc(printed, same)
	}))
}

// unindent removes the indentation that all lines have.
func unindent(lines []string) string {
	least := -1
	for _, l := range lines {
		if n := len(indentOf(l)); least < 0 || n < least {
			least = n
		}
	}
	for i, l := range lines {
		lines[i] = l[least:]
	}
	return strings.Join(lines, "\n")
}

func (p peer) section(name string, o outcome) string {
	text := fmt.Sprintf("\n**With %s**, %s", name, p.outcome(o))
	if p.note == "" {
		return text + ":\n" + block(o.text)
	}
	return text + ". " + p.note + "\n" + block(o.text)
}

func codeBlock(file, code string) string {
	return fmt.Sprintf("\n```go\n// errors/%s\n\n%s\n```\n", file, code)
}

func block(text string) string {
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	if left := len(lines) - maxLines; left > 0 {
		lines = append(lines[:maxLines:maxLines], fmt.Sprintf("(%d more lines)", left))
	}
	return fmt.Sprintf("\n```\n%s\n```\n", strings.Join(lines, "\n"))
}
