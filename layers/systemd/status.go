package systemd

import (
	"fmt"
	"strings"

	"github.com/wireframework/wireframework/task"
)

// maxStatus bounds what is told in words; systemd takes messages of up to 4096 bytes.
const maxStatus = 1000

// status returns a line of a message. The text is made to fit into it, so that no error
// can add an assignment of its own.
func status(text string) string {
	if len(text) > maxStatus {
		text = text[:maxStatus] + "..."
	}
	return "STATUS=" + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// some names a few of many.
func some(ids []task.ID) string {
	const most = 10
	var names []string
	for _, id := range ids[:min(len(ids), most)] {
		names = append(names, string(id))
	}
	text := strings.Join(names, ", ")
	if len(ids) > most {
		text += fmt.Sprintf(" and %d more", len(ids)-most)
	}
	return text
}
