package cli

import (
	"os"
	"slices"

	"github.com/alecthomas/kong"
)

// resolver gives values to flags that neither the command line nor the environment has
// set: those of the file, and examples where nothing is run.
type resolver struct {
	app     *App
	config  string // the file; may be empty
	file    *file  // nil without one
	assumed []string
}

// load reads the file. Kong calls it for all that was parsed, the root first.
func (r *resolver) load(ctx *kong.Context, at *kong.Path) error {
	if at.App == nil {
		return nil
	}
	for _, f := range at.Flags {
		if f.Name == "config" {
			r.config, _ = ctx.FlagValue(f).(string)
		}
	}
	if r.config == "" {
		return nil
	}
	var err error
	r.file, err = loadFile(r.config, newSchema(ctx.Model, r.app))
	return err
}

// Validate is part of kong.Resolver; the file has been verified when it was read.
func (r *resolver) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver.
func (r *resolver) Resolve(ctx *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	if slices.ContainsFunc(f.Envs, isSet) {
		return nil, nil //nolint:nilnil // kong's way to say that there is none
	}
	target := ctx.Selected()
	if r.file != nil {
		if s, ok := r.file.setting(target.Name, f.Name); ok {
			return convert(f.Value, s.value)
		}
	}
	example := f.Tag.Get("example")
	if example == "" || f.HasDefault || commandOf(target).Name == "run" {
		return nil, nil //nolint:nilnil // see above
	}
	r.assumed = append(r.assumed, "--"+f.Name+"="+example)
	return example, nil
}

func isSet(env string) bool {
	_, ok := os.LookupEnv(env)
	return ok
}
