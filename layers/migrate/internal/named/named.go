// Package named makes constructors for a dependency whose name is known only when the
// program runs.
package named

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/wireframework/wireframework/wiring"
)

// Constructor returns a constructor like f, whose first parameter is the resource of that
// name. The tags of a parameter object belong to its type, so the type is made here.
// Without a name the constructor is f.
func Constructor(name string, f any) any {
	if name == "" {
		return f
	}
	call := reflect.ValueOf(f)
	fields := []reflect.StructField{{Name: "In", Type: reflect.TypeFor[wiring.In](), Anonymous: true}}
	for i := range call.Type().NumIn() {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("Param%d", i), Type: call.Type().In(i)})
	}
	fields[1].Tag = reflect.StructTag("name:" + strconv.Quote(name))
	var results []reflect.Type
	for i := range call.Type().NumOut() {
		results = append(results, call.Type().Out(i))
	}
	signature := reflect.FuncOf([]reflect.Type{reflect.StructOf(fields)}, results, false)
	return reflect.MakeFunc(signature, func(params []reflect.Value) []reflect.Value {
		var args []reflect.Value
		for i := range call.Type().NumIn() {
			args = append(args, params[0].Field(i+1))
		}
		return call.Call(args)
	}).Interface()
}
