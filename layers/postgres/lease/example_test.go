package lease_test

import (
	"errors"
	"fmt"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/postgres/lease"
)

// A task that returns such an error has lost its leadership, and leader.Only runs it
// again in the next term.
func ExampleFencedError() {
	var err error = &lease.FencedError{Election: "sealer", Token: 7, Latest: 8}
	fmt.Println(err)
	fmt.Println(errors.Is(err, leader.ErrLost))
	// Output:
	// token 7 is refused: the latest term of election "sealer" has token 8
	// true
}
