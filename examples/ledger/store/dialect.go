package store

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// Dialect is what one database does differently from the other. Use [SQLite] or
// [Postgres].
type Dialect struct {
	name     string
	numbered bool   // parameters are $1, $2 and not ?
	in       string // is one of the numbers of a parameter that list makes
	list     string // brackets of that list
	exists   string // query: is there a table of this name
	begin    string // first statement of a transaction that writes, if there has to be one
}

// SQLite is the dialect of a database in a file. Its transactions must begin with the
// lock for writing, as those of the layer sqlite do.
var SQLite = Dialect{
	name:   "sqlite",
	in:     "IN (SELECT value FROM json_each(?))",
	list:   "[]",
	exists: "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)",
}

// Postgres is the dialect of PostgreSQL.
var Postgres = Dialect{
	name:     "postgres",
	numbered: true,
	in:       "= ANY (CAST(? AS BIGINT[]))",
	list:     "{}",
	exists:   "SELECT to_regclass(?) IS NOT NULL",
	// A process that is frozen, or cut off, in the middle of a transaction must not keep
	// its locks from the others: the next leader waits for them.
	begin: "SET LOCAL idle_in_transaction_session_timeout = '2s'",
}

// String returns the name of the dialect: "sqlite" or "postgres".
func (d Dialect) String() string { return d.name }

// Migrations returns the files that make the schema, for goose.
func (d Dialect) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations/"+d.name)
	if err != nil {
		panic(err) // not a valid path, which it is for both
	}
	return files
}

// query returns the query with the parameters of the dialect.
func (d Dialect) query(text string) string {
	if !d.numbered {
		return text
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}

// listOf returns numbers as one parameter, for d.in.
func (d Dialect) listOf(numbers []int64) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return d.list[:1] + strings.Join(texts, ",") + d.list[1:]
}
