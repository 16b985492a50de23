package migrate_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing/fstest"

	"github.com/wireframework/wireframework/layers/migrate"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// files are embedded in a real program.
var files = fstest.MapFS{
	"00001_accounts.sql": {Data: []byte("-- +goose Up\ncreate table account (name text primary key);\n")},
	"00002_treasury.sql": {Data: []byte("-- +goose Up\ninsert into account values ('treasury');\n")},
}

// A task behind the gate finds the schema that it was written for.
func Example() {
	lister := wiring.NewLayer("lister", func(r *wiring.Registry) error {
		r.ProvideTask(func(db *sql.DB) task.Task {
			return task.New("lister", task.Oneshot, func(ctx context.Context) error {
				var name string
				err := db.QueryRowContext(ctx, "select name from account").Scan(&name)
				fmt.Println("account:", name)
				return err
			})
		})
		return nil
	})
	o := migrate.Options{FS: files, Dialect: migrate.SQLite}
	svc, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(sqlite.New(sqlite.Options{Path: sqlite.Memory}), migrate.Up(o), migrate.Check(o), lister).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stopped:", svc.Run(context.Background()))
	// Output:
	// account: treasury
	// stopped: <nil>
}
