package cli

import (
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// versionFlag is a flag that prints the version instead of doing anything else.
type versionFlag bool

// IgnoreDefault keeps kong from taking the default command.
func (versionFlag) IgnoreDefault() {}

// BeforeReset is called by kong if the flag is given.
func (versionFlag) BeforeReset(k *kong.Kong) error {
	say(k.Stdout, "%s", version(k.Model.Name, debug.ReadBuildInfo))
	k.Exit(exitOK)
	return nil
}

// version describes the binary by what the go command has put into it.
func version(name string, read func() (*debug.BuildInfo, bool)) string {
	info, ok := read()
	if !ok {
		return name + " (built without module information)"
	}
	settings := make(map[string]string, len(info.Settings))
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	words := []string{name}
	if v := info.Main.Version; v != "" {
		words = append(words, v)
	}
	if revision := settings["vcs.revision"]; revision != "" {
		if settings["vcs.modified"] == "true" {
			revision += " (modified)"
		}
		words = append(words, revision, settings["vcs.time"])
	}
	words = append(words, info.GoVersion, settings["GOOS"]+"/"+settings["GOARCH"])
	return strings.Join(words, " ")
}
