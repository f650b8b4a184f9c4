package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/nf"
)

// Completions list the values that are saved in the state directory, for a shell to
// offer. If reading fails, a list is empty. A nil function means an empty list.
type Completions struct {
	Names    func(e *Env, cmd *cobra.Command) []string // of enrolments
	Accounts func(e *Env, cmd *cobra.Command) []string
	Servers  func(e *Env, cmd *cobra.Command) []string
}

// SavedValues chooses one list of [Completions].
type SavedValues func(Completions) func(*Env, *cobra.Command) []string

// CompleteNames completes the names of enrolments.
func CompleteNames(c Completions) func(*Env, *cobra.Command) []string { return c.Names }

// CompleteAccounts completes the names of accounts.
func CompleteAccounts(c Completions) func(*Env, *cobra.Command) []string { return c.Accounts }

// CompleteServers completes the URLs and names of servers.
func CompleteServers(c Completions) func(*Env, *cobra.Command) []string { return c.Servers }

// SetCompletions sets the values that a shell offers for the flags of a command and
// of all commands below it. A value may have a description after a TAB.
func (e *Env) SetCompletions(root *cobra.Command) {
	saved := func(list func(*Env, *cobra.Command) []string) func(*cobra.Command) []string {
		return func(cmd *cobra.Command) []string {
			if list == nil {
				return nil
			}
			return list(e, cmd)
		}
	}
	fixed := func(values []string) func(*cobra.Command) []string {
		return func(*cobra.Command) []string { return values }
	}
	byFlag := map[string]func(*cobra.Command) []string{
		"name": saved(e.Complete.Names), "account": saved(e.Complete.Accounts), "server": saved(e.Complete.Servers),
		"output":      formatsOf,
		"profile":     fixed(described(nf.Profiles(), func(p nf.Profile) (string, string) { return p.Name, p.Title })),
		"nf-type":     fixed(described(nf.Types(), func(t nf.Type) (string, string) { return t.Name, t.Title })),
		"layout":      fixed(described(layout.Names(), func(n layout.Name) (string, string) { return string(n), n.Title() })),
		"omit":        fixed(described(csrgen.Parts(), func(p csrgen.Part) (string, string) { return string(p), p.Title() })),
		"reason":      fixed(described(enroll.Reasons(), func(r enroll.Reason) (string, string) { return r.Name, r.Why })),
		"key":         fixed(described(csrgen.KeyTypes(), func(k csrgen.KeyType) (string, string) { return string(k), "" })),
		"color":       fixed([]string{"auto", "always", "never"}),
		"lint":        fixed([]string{"error", "warn", "off"}),
		"challenge":   fixed(described(challenge.Types(), func(t challenge.Type) (string, string) { return t.Name, t.About })),
		"identifiers": fixed([]string{"auto", "dns", "nf", "both"}),
		"by":          fixed([]string{"account", "certificate-key"}),
		"fail-on":     fixed([]string{"error", "warning"}),
	}
	byFlag["account-key"] = byFlag["key"]
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for name, values := range byFlag {
			// Not LocalFlags, which merges the flags of all parents first.
			if cmd.Flags().Lookup(name) == nil && cmd.PersistentFlags().Lookup(name) == nil {
				continue
			}
			_ = cmd.RegisterFlagCompletionFunc(name, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
				return values(cmd), cobra.ShellCompDirectiveNoFileComp
			})
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root)
}

// described lists values with their descriptions, in cobra's format.
func described[T any](list []T, of func(T) (value, text string)) []string {
	var out []string
	for _, item := range list {
		value, text := of(item)
		out = append(out, strings.TrimSuffix(value+"\t"+text, "\t"))
	}
	return out
}
