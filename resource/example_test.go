package resource_test

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"github.com/wireframework/wireframework/resource"
)

func ExampleIDOf() {
	fmt.Println(resource.IDOf[*sql.DB]())
	fmt.Println(resource.IDOf[*sql.DB]("replica"))
	// Output:
	// *sql.DB
	// *sql.DB "replica"
}

func ExampleID_String() {
	health := resource.ID{Type: reflect.TypeFor[[]fmt.Stringer](), Group: "health"}

	fmt.Println(health)
	// Output: []fmt.Stringer group "health"
}

func ExampleUnique() {
	blocks := make(chan string, 1)
	blocks <- "block 1"
	queue := resource.NewUnique((<-chan string)(blocks))

	// Of all constructors that are given the queue, one may consume it.
	sealer, err := queue.Take()
	fmt.Println(<-sealer, err)

	_, err = queue.Take()
	fmt.Println(err)
	// Output:
	// block 1 <nil>
	// unique resource is already taken
}

func ExampleWatch() {
	price := resource.NewWatch(100)
	ctx, stop := context.WithCancel(context.Background())

	// A reader, as the Run of a task. It prints the change when it comes, and never
	// misses the last one.
	seen := make(chan int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			p, changed := price.Get()
			seen <- p
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
	}()

	fmt.Println(<-seen)
	price.Set(101)
	fmt.Println(<-seen)
	stop()
	<-done
	// Output:
	// 100
	// 101
}
