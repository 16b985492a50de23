// Package etcd is a layer with a client of etcd, and an election on it.
//
// # What it is
//
// [New] provides a [*clientv3.Client] and a [leader.Elector], on the election of the
// official client (concurrency.Election). A candidate is a key below the Prefix; the one
// that was created first leads. The fencing token is the revision at which the key was
// created, a number that grows with every change in the cluster, so tokens grow from
// term to term, across processes and restarts.
//
// # Usage
//
//	service.NewBuilder().AddLayer(etcd.New(etcd.Options{
//		Endpoints: []string{"http://10.0.0.1:2379", "http://10.0.0.2:2379"},
//	}), sealing.Layer)
//
// One elector is for one task. A task that leads independently has an elector of its
// own, with a name and another prefix:
//
//	r.Provide(func(c *clientv3.Client) *etcd.Elector {
//		return etcd.NewElector(c, etcd.Election{Prefix: "/pruner"})
//	}, wiring.As[leader.Elector](), wiring.Name("pruner"))
//
// # Lifecycle
//
// The client connects when the node is wired: a cluster that does not answer within the
// DialTimeout is an error of the constructor. It is closed by a hook, after every task
// has ended.
//
// Each campaign has a lease of its own, which is renewed three times within its TTL. A
// term is lost when the lease was not renewed in time, or when its key is deleted by
// anybody. A resignation revokes the lease, so that the next candidate leads at once; the
// next one after a crash leads when the TTL is over.
//
// The leader measures its TTL from the answer to its last renewal, the server from the
// arrival of that renewal, and a process that is frozen measures nothing. So for a moment
// two nodes may both believe that they lead: the token is there for that.
//
// A cluster that is set up anew counts from 1 again, and a different election, such as
// one in a database, has tokens of its own: data that has seen greater tokens refuses
// these until they have grown, or its token is set back by hand.
//
// # Concurrency
//
// Client and electors are safe for concurrent use. A term has one goroutine that watches
// its key, which ends with the term.
//
// # Errors
//
// Bad options are an error of Build. Errors of a campaign are those of the client; the
// candidate has left the election then. leader.Only logs and repeats them. Why a term
// was lost is a warning in the log of the task.
//
// # Testing
//
// etcdtest runs a real etcd. For a task under election, leadertest needs none.
package etcd
