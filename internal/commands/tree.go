package commands

import "github.com/spf13/cobra"

// Tree returns every command with its flags and texts, for documentation to be
// generated from. It must not be executed: [Run] does that.
func Tree() *cobra.Command { return newRoot(&Env{}) }
