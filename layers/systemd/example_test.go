package systemd_test

import (
	"context"
	"fmt"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/systemd"
	"github.com/wireframework/wireframework/service"
)

func ExampleListener() {
	// Set by a flag of the program, perhaps.
	activated := true

	options := httpserver.Options{}
	if activated {
		options.Listener = systemd.Listener("api")
	}
	_, err := service.NewBuilder().AddLayer(httpserver.New("api", options)).Build()
	fmt.Println("the node verifies:", err == nil)

	_, err = options.Listener(context.Background()) // as when the node is wired
	fmt.Println(err)
	// Output:
	// the node verifies: true
	// systemd socket "api": the process was not given any sockets (start it through a systemd socket unit, or listen on an address)
}
