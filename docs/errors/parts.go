package main

import (
	"context"
	"errors"

	"github.com/wireframework/wireframework/task"
)

// The parts of the program in which the mistakes are made. Each mistake leaves some of
// them out, or has a few more.
type (
	config   struct{ path string }
	database struct{ path string }
	pool     struct{ db *database }
	store    interface{ get(key string) string }
	server   struct{ data store }
	client   struct{}
)

// diskStore is a store.
type diskStore struct{ pool *pool }

func (s *diskStore) get(key string) string { return s.pool.db.path + "/" + key }

func newConfig() *config                { return &config{path: "/var/lib/node"} }
func newDatabase() *database            { return &database{path: "/var/lib/node"} }
func newPool(db *database) *pool        { return &pool{db} }
func newDiskStore(p *pool) *diskStore   { return &diskStore{p} }
func newServer(s *diskStore) *server    { return &server{s} }
func newServerTask(s *server) task.Task { return task.New("server", task.Regular, s.run) }
func newPoller(c *client) task.Task     { return task.New("poller", task.Regular, c.run) }
func newClient() (*client, error)       { return nil, errors.New("lookup rpc.example: no such host") }
func openDatabase() (*database, error) {
	return nil, errors.New("/var/lib/node: no space left on device")
}
func (*server) run(context.Context) error { return nil }
func (*client) run(context.Context) error { return nil }
func serve(*server)                       {}
