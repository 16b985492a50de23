package postgres_test

import (
	"fmt"

	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/service"
)

// What is wrong with the options is known before anything connects, and the password
// stays a secret.
func ExampleNew() {
	_, err := service.NewBuilder().
		AddLayer(postgres.New(postgres.Options{URL: "http://ledger:secret@db.example/ledger", Name: "archive"})).
		Build()
	fmt.Println(err)
	// Output:
	// wiring: layer "postgres-archive": URL has the scheme "http", and not postgres or postgresql
}
