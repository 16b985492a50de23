package etcd

import (
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/wiring"
)

// New returns the layer "etcd", which provides a [*clientv3.Client] and, on it, a
// [leader.Elector].
func New(o Options) wiring.Layer { return layer{o.withDefaults()} }

type layer struct{ options Options }

func (layer) Name() string { return "etcd" }

// Wire implements [wiring.Layer].
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.connect)
	r.Provide(l.newElector, wiring.As[leader.Elector]())
	return nil
}

func (l layer) newElector(client *clientv3.Client) *Elector {
	return NewElector(client, Election{
		Prefix:    l.options.Prefix,
		TTL:       l.options.TTL,
		Candidate: l.options.Candidate,
	})
}
