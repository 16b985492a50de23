package health

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// leaveTime is what a check has to return when the node has stopped.
const leaveTime = time.Second

// checks are all checks of the node. Its methods may be called from any goroutine.
type checks struct {
	probes []*probe
	ctx    context.Context // for the checks; ends when the node has stopped
	cancel context.CancelFunc
}

type checkParams struct {
	wiring.In

	Checks []Check `group:"health"`
}

func (l layer) newChecks(
	ctx context.Context, p checkParams, node service.Handle, logger *slog.Logger, hooks *wiring.ShutdownHooks,
) (*checks, error) {
	if err := verify(p.Checks, providers(node.Graph(), len(p.Checks))); err != nil {
		return nil, err
	}
	c := &checks{}
	c.ctx, c.cancel = context.WithCancel(ctx)
	for _, check := range p.Checks {
		c.probes = append(c.probes, newProbe(check, l.options, logger))
	}
	// This is built after what the checks use, so it runs before that is closed.
	hooks.Add("health-checks", c.close)
	return c, nil
}

// run returns the parts for the checks, of which it runs those that skip does not name.
// It waits for them as long as the client does.
func (c *checks) run(ctx context.Context, skip map[string]bool) []part {
	flights := make([]*flight, len(c.probes)) // nil for one that is skipped
	for i, p := range c.probes {
		if !skip[p.check.Name] {
			flights[i] = p.join(c.ctx)
		}
	}
	parts := make([]part, len(c.probes))
	for i, p := range c.probes {
		parts[i] = part{name: p.check.Name, optional: p.check.Optional}
		if flights[i] == nil {
			parts[i].excluded = true
			continue
		}
		select {
		case <-flights[i].done:
			parts[i].err, parts[i].at = flights[i].err, flights[i].at
		case <-ctx.Done():
			parts[i].err = ctx.Err()
		}
		parts[i].failed = parts[i].err != nil
	}
	return parts
}

// close ends the checks that still run.
func (c *checks) close(ctx context.Context) error {
	c.cancel()
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	var stuck []string
	for _, p := range c.probes {
		if !p.leave(ctx) {
			stuck = append(stuck, p.check.Name)
		}
	}
	if len(stuck) > 0 {
		return fmt.Errorf("checks ignore the end of their context: %s", strings.Join(stuck, ", "))
	}
	return nil
}
