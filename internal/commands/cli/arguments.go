package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Annotations of a command.
const (
	namedAnnotation   = "nfcert-named"   // the argument is the name of an enrolment
	formatsAnnotation = "nfcert-formats" // its output formats, separated by commas
)

// Named lets a command take the name of its enrolment as an argument: nfcert order
// amf-01 means nfcert order -n amf-01.
func (e *Env) Named(cmd *cobra.Command) *cobra.Command {
	annotate(cmd, namedAnnotation, "yes")
	cmd.Use += " [NAME]"
	// A name that looks like a mistyped subcommand is accepted only with -n.
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 && suggestion(cmd, args[0]) == "" {
			return nil
		}
		if len(args) > 1 {
			return Usagef("see: "+cmd.CommandPath()+" --help", "%s takes one name, not %d arguments", pathBelowRoot(cmd), len(args))
		}
		return NoArgs(cmd, args)
	}
	cmd.ValidArgsFunction = e.completeFirst(CompleteNames, cobra.ShellCompDirectiveNoFileComp)
	return cmd
}

// NameOrFile lets a shell complete the argument of a command as the name of an
// enrolment or as a file.
func (e *Env) NameOrFile(cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = e.completeFirst(CompleteNames, cobra.ShellCompDirectiveDefault)
	return cmd
}

// Saved lets a shell complete the argument of a command from what is saved:
// [CompleteNames], [CompleteAccounts] or [CompleteServers].
func (e *Env) Saved(cmd *cobra.Command, what SavedValues) *cobra.Command {
	cmd.ValidArgsFunction = e.completeFirst(what, cobra.ShellCompDirectiveNoFileComp)
	return cmd
}

// completeFirst completes the first argument from what is saved.
func (e *Env) completeFirst(what SavedValues, otherwise cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		list := what(e.Complete)
		if len(args) > 0 || list == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list(e, cmd), otherwise
	}
}

// suggestion is the subcommand that a word most likely means: one for which the
// word is a common synonym, or else one with a similar spelling; "" if none.
func suggestion(cmd *cobra.Command, word string) string {
	for _, c := range cmd.Commands() {
		if slices.Contains(c.SuggestFor, strings.ToLower(word)) {
			return c.Name()
		}
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return near[0]
	}
	return ""
}

// nameArgument sets -n from the argument of a command that Named made.
func (call *Call) nameArgument(cmd *cobra.Command, args []string) error {
	if cmd.Annotations[namedAnnotation] == "" || len(args) == 0 {
		return nil
	}
	if call.Settings.Sources["name"] == "flag" && call.Global.Name != args[0] {
		return Usagef("give one name, as the argument or with -n", "%s: the argument is %q, but -n is %q", cmd.CommandPath(), args[0], call.Global.Name)
	}
	call.Global.Name = args[0]
	call.Settings.Sources["name"] = "flag"
	return nil
}

// Formats sets the output formats of a command, unless they are table, json and
// name.
func Formats(cmd *cobra.Command, formats ...string) *cobra.Command {
	return annotate(cmd, formatsAnnotation, strings.Join(formats, ","))
}

// formatsOf lists the output formats of a command.
func formatsOf(cmd *cobra.Command) []string {
	if list := cmd.Annotations[formatsAnnotation]; list != "" {
		return strings.Split(list, ",")
	}
	return []string{OutputTable, OutputJSON, OutputName}
}

// checkFormat returns an error for an output format that the command does not have.
func checkFormat(cmd *cobra.Command, format string) error {
	formats := formatsOf(cmd)
	if slices.Contains(formats, format) {
		return nil
	}
	return Usagef("one of: "+strings.Join(formats, ", "), "--output %q is not a format of %s", format, cmd.CommandPath())
}

func annotate(cmd *cobra.Command, key, value string) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[key] = value
	return cmd
}

// NoArgs returns an error for any argument, and suggests a subcommand that it may
// mean.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasAvailableSubCommands() {
		return Usagef("see: "+cmd.CommandPath()+" --help", "%s takes no arguments, but got %q", pathBelowRoot(cmd), args[0])
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	if name := suggestion(cmd, args[0]); name != "" {
		hint = "did you mean: " + cmd.CommandPath() + " " + name
	}
	return Usagef(hint, "unknown command %q", cmd.CommandPath()+" "+args[0])
}

// WantArgs checks the number of arguments, which what describes. A negative max
// means no limit.
func WantArgs(min, max int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return Usagef("see: "+cmd.CommandPath()+" --help", "%s takes %s, not %d arguments", pathBelowRoot(cmd), what, len(args))
		}
		return nil
	}
}

// pathBelowRoot is the command without the name of the program, with which every
// message begins.
func pathBelowRoot(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}
