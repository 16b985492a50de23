package cli_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// What a node with two layers of one kind is made of.
type (
	portOptions struct {
		Listen string        `help:"Address."`
		Token  string        `env:"NODE_TOKEN,TOKEN" help:"Password."`
		Wait   time.Duration `help:"Patience."`
		TLS    bool          `help:"Encrypt."`
		Hosts  []string      `help:"Names."`
	}
	nodeOptions struct {
		API    portOptions `embed:"" prefix:"http-"`
		Ops    portOptions `embed:"" prefix:"ops-"`
		Wait   int         `help:"Patience of something else."`
		Store  string      `default:"file" help:"Kind of the store."`
		Panics bool        `help:"Panic when the options are other ones."`
	}
)

// portLayer refuses options when it is wired, and others when it is built.
func portLayer(name string, o portOptions) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		var problems []error
		if strings.ContainsAny(o.Listen, "x\x00") {
			problems = append(problems, fmt.Errorf("Listen %q is no address (give one)", o.Listen))
		}
		if strings.Contains(o.Token, "\x00") {
			problems = append(problems, errors.New("Token cannot be sent"))
		}
		if o.Wait < 0 {
			problems = append(problems, fmt.Errorf("option Wait is negative: %v (TLSWait is not)", o.Wait))
		}
		if len(o.Hosts) > 0 && !o.TLS {
			problems = append(problems, errors.New("Hosts are set without TLS"))
		}
		if o.TLS && len(o.Hosts) == 0 {
			problems = append(problems, errors.New("there is no certificate"))
		}
		if err := errors.Join(problems...); err != nil {
			return err
		}
		r.ProvideTask(func() (task.Task, error) {
			if o.Listen == "taken" {
				return nil, errors.New("address in use (give Listen another one, or set Token, Wait or Hosts; TLS does not help)")
			}
			return newWork(), nil
		})
		return nil
	})
}

func newWork() task.Task { return standaloneOptions{}.newWork() }

func newNode(opts ...service.Option) *cli.App {
	composed := 0
	return cli.New("node", "", cli.Deployment("one", "", func(o nodeOptions) *service.Builder {
		if composed++; o.Panics && composed > 1 {
			panic("other options")
		}
		return service.NewBuilder(append(opts, quiet)...).AddLayer(portLayer("api", o.API), portLayer("http-ops", o.Ops),
			portLayer("fixed", portOptions{Wait: time.Duration(min(o.Wait, 0))}),
			wiring.Choose("store", o.Store, map[string]wiring.Layer{"file": storeLayer("file")}))
	}))
}

// located are the lines that tell which flags are meant.
func located(stderr string) []string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if strings.Contains(line, " is --") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestErrorsOfLayersAreFollowedByTheFlags(t *testing.T) {
	const (
		apiListen = `Listen of layer "api" is --http-listen, $NODE_HTTP_LISTEN, or http.listen in the file`
		opsListen = `Listen of layer "http-ops" is --ops-listen, $NODE_OPS_LISTEN, or ops.listen in the file`
		opsToken  = `Token of layer "http-ops" is --ops-token, $NODE_TOKEN, $TOKEN, or ops.token in the file`
		opsWait   = `Wait of layer "http-ops" is --ops-wait, $NODE_OPS_WAIT, or ops.wait in the file`
	)
	tests := []struct {
		name string
		line string
		want []string
	}{
		{"one of two parts of a type", "run --http-listen=x", []string{apiListen}},
		{"the other one", "run --ops-listen=x", []string{opsListen}},
		{"check", "check one --ops-listen=x", []string{opsListen}},
		{"the fields of a part in their order", "run --ops-wait=-1s --ops-listen=x", []string{opsListen, opsWait}},
		{"both parts", "run --ops-listen=x --http-listen=x", []string{apiListen, opsListen}},
		{"a list, and a boolean", "run --ops-hosts=a", []string{
			`TLS of layer "http-ops" is --ops-tls, $NODE_OPS_TLS, or ops.tls in the file`,
			`Hosts of layer "http-ops" is --ops-hosts, $NODE_OPS_HOSTS, or ops.hosts in the file`,
		}},
		{"a field that is in no part", "run --wait=-1", []string{
			`Wait of layer "fixed" is --wait, $NODE_WAIT, or wait in the file`,
		}},
		{"a setting that chooses a layer", "run --store=fiel", []string{
			`Store of layer "store" is --store, $NODE_STORE, or store in the file`,
		}},
		{"a function that panics at other options", "run --ops-listen=x --panics", nil},
		{"a constructor, without a field that the layer never complains about", "run --ops-listen=taken", []string{
			opsListen, opsToken, opsWait,
			`Hosts of layer "http-ops" is --ops-hosts, $NODE_OPS_HOSTS, or ops.hosts in the file`,
		}},
		{"an option of the service", "run --stop-timeout=-1s", []string{
			"StopTimeout is --stop-timeout, $NODE_STOP_TIMEOUT, or stop-timeout in the file",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, newNode(), tt.line)

			assert.Equal(t, 1, r.code)
			assert.Equal(t, tt.want, located(r.stderr), r.stderr)
		})
	}
}

func TestAnOptionThatTheProgramHasSetIsNoFlag(t *testing.T) {
	for _, line := range []string{"run", "run --stop-timeout=1s", "check one"} {
		r := run(t, newNode(service.StopTimeout(-2*time.Second)), line)

		assert.Equal(t, 1, r.code)
		assert.Contains(t, r.stderr, "option StopTimeout is negative: -2s")
		assert.Empty(t, located(r.stderr), line)
	}
}

func TestAFlagIsToldOnceForLayersOfOneName(t *testing.T) {
	app := cli.New("node", "", cli.Deployment("one", "", func(o portOptions) *service.Builder {
		return service.NewBuilder(quiet).AddLayer(portLayer("api", o), portLayer("api", o))
	}))

	r := run(t, app, "check one --listen=x")

	assert.Equal(t, []string{`Listen of layer "api" is --listen, $NODE_LISTEN, or listen in the file`}, located(r.stderr), r.stderr)
}

func TestTheErrorOfALayerIsStillThere(t *testing.T) {
	r := run(t, newNode(), "run --http-listen=x")

	assert.Equal(t, "node: wiring: layer \"api\": Listen \"x\" is no address (give one)\n"+
		"Listen of layer \"api\" is --http-listen, $NODE_HTTP_LISTEN, or http.listen in the file\n", r.stderr)
}
