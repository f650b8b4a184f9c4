// Package commands is the nfcert command line: the root command, its help topics,
// and the wiring of one package per command.
//
// To add a command, write a package with a constructor New(env) that returns the
// cobra command, and add one line to [newRoot].
package commands

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/renew"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/ui"
)

// Main runs nfcert with the process's arguments, environment and streams and
// returns its exit status.
func Main(args []string) int { return runProcess(processEnv(args)) }

// processEnv is the world of this process.
func processEnv(args []string) *cli.Env {
	streams := ui.System(os.Getenv, cli.ColorOption(args, os.Getenv))
	return &cli.Env{Streams: streams, Getenv: os.Getenv, Version: buildVersion(), Args: args, Clock: time.Now}
}

// runProcess runs nfcert until it ends or a signal ends it.
func runProcess(env *cli.Env) int {
	ctx, stop := notifyContext()
	defer stop()
	return runEnv(ctx, env)
}

// runEnv runs nfcert in a world and returns its exit status.
func runEnv(ctx context.Context, env *cli.Env) int {
	registry := newRegistry()
	root := newRoot(env, registry)
	root.SetArgs(env.Args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return report.ExitDone
	}
	if e, ok := cli.As[*cli.CallError](err); ok {
		return registry.Fail(e.Call, e.Err)
	}
	return registry.Fail(env.Unparsed(), err)
}

// newRegistry makes the registry of all errors, including those of single commands.
func newRegistry() *report.Registry { return report.NewRegistry(renew.Errors()) }

// buildVersion is the module's version, or the revision it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if linkedVersion != "" {
		version = linkedVersion
	}
	if version == "" || version == "(devel)" {
		version = "devel"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				version += "-" + s.Value[:12]
			}
		}
	}
	return version
}

// linkedVersion is set by the release build (-ldflags -X).
var linkedVersion string
