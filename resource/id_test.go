package resource_test

import (
	"bytes"
	"database/sql"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/resource"
)

type (
	check  func() error
	checks []check

	box[T any]          struct{ _ T }
	pair[K, V any]      struct{ _, _ any }
	list[T any]         []T
	source[T any]       interface{ next() T }
	alias               = bytes.Buffer
	genericAlias[T any] = box[T]
)

func TestIDPrintsAsItsTypeAndWhatTellsItApart(t *testing.T) {
	named := func(id resource.ID, name string) resource.ID {
		id.Name = name
		return id
	}
	grouped := func(id resource.ID, group string) resource.ID {
		id.Group = group
		return id
	}
	tests := []struct {
		id   resource.ID
		want string
	}{
		{resource.ID{}, "no resource"},
		{resource.ID{Name: "replica"}, "no resource"},
		{resource.IDOf[*sql.DB](), "*sql.DB"},
		{resource.IDOf[*sql.DB]("replica"), `*sql.DB "replica"`},
		{resource.IDOf[*sql.DB](""), "*sql.DB"},
		{resource.IDOf[*sql.DB]("replica", "ignored"), `*sql.DB "replica"`},
		{named(resource.IDOf[*sql.DB](), "a \"quoted\"\nname"), `*sql.DB "a \"quoted\"\nname"`},

		{resource.IDOf[io.Reader](), "io.Reader"},
		{resource.IDOf[error](), "error"},
		{resource.IDOf[any](), "interface {}"},
		{resource.IDOf[int](), "int"},
		{resource.IDOf[[]byte](), "[]uint8"},
		{resource.IDOf[map[string]*sql.DB](), "map[string]*sql.DB"},
		{resource.IDOf[<-chan int](), "<-chan int"},
		{resource.IDOf[func(int) error](), "func(int) error"},
		{resource.IDOf[struct{ Port int }](), "struct { Port int }"},
		{resource.IDOf[alias](), "bytes.Buffer"},

		{resource.IDOf[box[int]](), "resource_test.box[int]"},
		{resource.IDOf[*box[[]string]](), "*resource_test.box[[]string]"},
		{resource.IDOf[box[*sql.DB]](), "resource_test.box[*database/sql.DB]"},
		{resource.IDOf[pair[string, box[int]]]("a"),
			`resource_test.pair[string,github.com/wireframework/wireframework/resource_test.box[int]] "a"`},
		{resource.IDOf[source[int]](), "resource_test.source[int]"},
		{resource.IDOf[genericAlias[int]](), "resource_test.box[int]"},
		{resource.IDOf[*resource.Watch[int]](), "*resource.Watch[int]"},

		{grouped(resource.IDOf[[]check](), "health"), `[]resource_test.check group "health"`},
		{grouped(resource.IDOf[check](), "health"), `[]resource_test.check group "health"`},
		{grouped(resource.IDOf[checks](), "health"), `resource_test.checks group "health"`},
		{grouped(resource.IDOf[list[int]](), "health"), `resource_test.list[int] group "health"`},
		{grouped(resource.IDOf[[2]int](), "health"), `[][2]int group "health"`},
		{grouped(named(resource.IDOf[[]check](), "ignored"), "health"), `[]resource_test.check group "health"`},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.id.String())
	}
}

func TestIDOfIsAKey(t *testing.T) {
	ids := map[resource.ID]int{
		resource.IDOf[io.Reader]():       1,
		resource.IDOf[*bytes.Buffer]():   2,
		resource.IDOf[io.Reader]("in"):   3,
		resource.IDOf[box[int]]():        4,
		resource.IDOf[box[int64]]():      5,
		{Type: nil, Name: "", Group: ""}: 6,
	}

	assert.Len(t, ids, 6)
	assert.Equal(t, 1, ids[resource.IDOf[io.Reader]()])
	assert.Equal(t, 3, ids[resource.IDOf[io.Reader]("in")])
	assert.Equal(t, 4, ids[resource.IDOf[genericAlias[int]]()])
	assert.Equal(t, 6, ids[resource.ID{}])
}
