package servicetest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// inTest calls f with a test, and prints what it fails with.
func inTest(f func(t testing.TB)) {
	for _, text := range testkit.Record(nil, f).Failures {
		fmt.Println(text)
	}
}

// The shop of the examples has prices, a till that knows them, and a server of the
// till.
type (
	Prices  interface{ Price(item string) int }
	catalog map[string]int
	Till    struct{ prices Prices }
)

func (c catalog) Price(item string) int { return c[item] }

func newTill(p Prices) *Till { return &Till{prices: p} }

func newServer(*Till) task.Task { return task.New("till-server", task.Regular, untilStop) }

func newAudit(Prices) task.Task {
	return task.New("audit", task.Oneshot, func(context.Context) error { return nil })
}

var (
	priceLayer = wiring.NewLayer("prices", func(r *wiring.Registry) error {
		r.Supply(catalog{"tea": 3}, wiring.As[Prices]())
		r.ProvideTask(newAudit)
		return nil
	})
	tillLayer = wiring.NewLayer("till", func(r *wiring.Registry) error {
		r.Provide(newTill)
		r.ProvideTask(newServer)
		return nil
	})
)

func shop() *service.Builder { return service.NewBuilder().AddLayer(priceLayer, tillLayer) }

// A test runs the node, talks to it, and stops it; the end of the test would do that
// too.
func ExampleStart() {
	inTest(func(t testing.TB) {
		var till *Till
		node := servicetest.Start(t, shop(), servicetest.Populate(&till))

		fmt.Println("tea costs", till.prices.Price("tea"))
		fmt.Println("stopped:", node.Stop())
	})
	// Output:
	// tea costs 3
	// stopped: <nil>
}

// A node that does not become ready fails the test with the reason.
func ExampleStart_failure() {
	bank := wiring.NewLayer("bank", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("account-open", task.Precondition, func(context.Context) error { return errors.New("no account") })
		})
		return nil
	})
	inTest(func(t testing.TB) {
		servicetest.Start(t, service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(bank))
	})
	// Output:
	// the node has failed before it was ready
	//   task "account-open" (layer "bank"): no account
	// its tasks:
	//   precondition "account-open" (layer "bank"): failed
}

// A part of the node runs, with a value of the test in the place of a resource.
func ExampleOnly() {
	inTest(func(t testing.TB) {
		node := servicetest.Start(t, shop(),
			servicetest.Only("till"),
			servicetest.Override[Prices](catalog{"tea": 100}),
		)

		for _, s := range node.Service().Status().Tasks {
			fmt.Println("runs", s.ID)
		}
	})
	// Output: runs till-server
}

// What is overridden is not built, nor what only that resource needed.
func ExampleOverride() {
	inTest(func(t testing.TB) {
		var till *Till
		servicetest.Start(t, shop(), servicetest.Override[Prices](catalog{"tea": 100}), servicetest.Populate(&till))

		fmt.Println("tea costs", till.prices.Price("tea"))
	})
	// Output: tea costs 100
}

// What the layers of a node do not provide is supplied.
func ExampleSupply() {
	inTest(func(t testing.TB) {
		var till *Till
		servicetest.Start(t, service.NewBuilder().AddLayer(tillLayer),
			servicetest.Supply[Prices](catalog{"tea": 4}),
			servicetest.Populate(&till),
		)

		fmt.Println("tea costs", till.prices.Price("tea"))
	})
	// Output: tea costs 4
}

// Without tasks, a node is wired and stays so until the end of the test.
func ExamplePopulate() {
	inTest(func(t testing.TB) {
		var prices Prices
		servicetest.Start(t, shop(), servicetest.Only(), servicetest.Populate(&prices))

		fmt.Println("tea costs", prices.Price("tea"))
	})
	// Output: tea costs 3
}

func ExamplePopulateGroup() {
	offers := wiring.NewLayer("offers", func(r *wiring.Registry) error {
		r.Supply("free biscuits", wiring.Group("offers"))
		r.Supply("tea for two", wiring.Group("offers"))
		return nil
	})
	inTest(func(t testing.TB) {
		var all []string
		servicetest.Start(t, service.NewBuilder().AddLayer(offers), servicetest.PopulateGroup(&all, "offers"))

		fmt.Println(all)
	})
	// Output: [free biscuits tea for two]
}

func ExampleVerify() {
	inTest(func(t testing.TB) { servicetest.Verify(t, shop()) })
	inTest(func(t testing.TB) { servicetest.Verify(t, shop().RemoveLayer("tils")) })
	// Output:
	// the graph does not verify
	// wiring: RemoveLayer("tils"): no layer has this name (did you mean "till"?)
}

func ExampleBuild() {
	inTest(func(t testing.TB) {
		svc := servicetest.Build(t, shop(), servicetest.Only("prices"))

		for _, c := range svc.Graph().Constructors {
			if c.Used && c.Layer != "service" {
				fmt.Println(c.Layer, c.Kind)
			}
		}
	})
	// Output:
	// prices value
	// prices task
}

func ExampleTrace() {
	inTest(func(t testing.TB) {
		for _, line := range servicetest.Trace(t, shop(), servicetest.Only("prices")) {
			fmt.Println(line)
		}
	})
	// Output:
	// layer "prices" is registered
	// layer "till" is registered
	// phase built -> wiring
	// newAudit (layer "prices") is called
	// newAudit (layer "prices") has returned
	// phase wiring -> waiting
	// gate is open
	// oneshot "audit" (layer "prices") pending -> running
	// phase waiting -> running
	// oneshot "audit" (layer "prices") running -> done
	// stop is requested: every task that keeps the service alive has returned
	// phase running -> stopping
	// phase stopping -> stopped
	// run has returned nil
}

func ExampleNode_Trace() {
	inTest(func(t testing.TB) {
		node := servicetest.Start(t, shop(), servicetest.Only("till"))
		before := len(node.Trace())
		_ = node.Stop()

		for _, line := range node.Trace()[before:] {
			if line == "phase running -> stopping" || line == "run has returned nil" {
				fmt.Println(line)
			}
		}
	})
	// Output:
	// phase running -> stopping
	// run has returned nil
}

func ExampleNode_Wait() {
	inTest(func(t testing.TB) {
		node := servicetest.Start(t, shop(), servicetest.Only("prices"))

		fmt.Println("done:", node.Wait())
	})
	// Output: done: <nil>
}

// The test of a binary with three deployments. Their records are in
// testdata/deployments; SERVICETEST_UPDATE=1 go test writes them.
func ExampleDeployments() {
	test := func(t *testing.T) {
		servicetest.Deployments(t, map[string]func() *service.Builder{
			"laptop":  laptop,
			"server":  server,
			"cluster": cluster,
		})
	}
	_ = test // func TestDeployments
}
