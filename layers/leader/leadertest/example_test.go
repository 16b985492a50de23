package leadertest_test

import (
	"context"
	"fmt"

	"github.com/wireframework/wireframework/layers/leader/leadertest"
)

func ExampleElector() {
	e := leadertest.NewElector()
	e.Grant()
	term, err := e.Campaign(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("leading with token", term.Token())

	e.Revoke()
	<-term.Lost()
	fmt.Println("lost")
	// Output:
	// leading with token 1
	// lost
}
