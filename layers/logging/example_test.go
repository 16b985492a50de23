package logging_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/wireframework/wireframework/layers/logging"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// withoutTime is standard output without the times of the log.
type withoutTime struct{}

func (withoutTime) Write(line []byte) (int, error) {
	const date = len("Jan _2 15:04:05.000 ")
	return os.Stdout.Write(line[date:])
}

func ExampleNew() {
	sealing := wiring.NewLayer("sealing", func(r *wiring.Registry) error {
		r.ProvideTask(func(level *slog.LevelVar) task.Task {
			return task.New("sealer", task.Oneshot, func(ctx context.Context) error {
				task.Logger(ctx).Debug("not seen")
				task.Logger(ctx).Warn("disk is full", "used", 97)
				level.Set(slog.LevelError)
				task.Logger(ctx).Warn("not seen either")
				return nil
			})
		})
		return nil
	})
	s, err := service.NewBuilder().AddLayer(
		logging.New(logging.Options{Format: logging.Text, Level: "warn", Output: withoutTime{}}),
		sealing,
	).Build()
	if err == nil {
		err = s.Run(context.Background())
	}
	fmt.Println("error:", err)
	// Output:
	// WRN disk is full task=sealer layer=sealing used=97
	// error: <nil>
}
