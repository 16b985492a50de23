package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A layer asks for *sql.DB, and does not know which database it gets.
var greeter = wiring.NewLayer("greeter", func(r *wiring.Registry) error {
	r.ProvideTask(func(db *sql.DB) task.Task {
		return task.New("greeter", task.Oneshot, func(ctx context.Context) error {
			var text string
			err := db.QueryRowContext(ctx, "select 'hello from ' || 'sqlite'").Scan(&text)
			fmt.Println(text)
			return err
		})
	})
	return nil
})

func ExampleNew() {
	svc, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(sqlite.New(sqlite.Options{Path: sqlite.Memory}), greeter).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stopped:", svc.Run(context.Background()))
	// Output:
	// hello from sqlite
	// stopped: <nil>
}
