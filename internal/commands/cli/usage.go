package cli

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// SectionMark is the annotation of flags that the help lists apart.
const SectionMark = "nfcert-section"

// The sections of a command's help, in the order of the flow.
const (
	SectionAccount     = "The account"
	SectionFunction    = "The network function and its CSR"
	SectionOrder       = "The order"
	SectionProof       = "Proving names"
	SectionToken       = "Authority Tokens, for NF instance ids"
	SectionCertificate = "The certificate"
)

var SectionOrderOfHelp = []string{SectionAccount, SectionFunction, SectionOrder, SectionProof, SectionToken, SectionCertificate}

// Section adds flags that the help lists under a title of their own: a step has
// too many for one list.
func Section(fs *pflag.FlagSet, title string, add func(*pflag.FlagSet)) {
	own := pflag.NewFlagSet(title, pflag.ContinueOnError)
	own.SortFlags = false
	add(own)
	own.VisitAll(func(f *pflag.Flag) {
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		if len(f.Annotations[SectionMark]) == 0 { // else it is of a section within
			f.Annotations[SectionMark] = []string{title}
		}
	})
	fs.AddFlagSet(own)
}

// sections takes the flags of a command that have one, by title.
func sections(flags *pflag.FlagSet) map[string]*pflag.FlagSet {
	by := map[string]*pflag.FlagSet{}
	flags.VisitAll(func(f *pflag.Flag) {
		title := strings.Join(f.Annotations[SectionMark], "")
		if title == "" {
			return
		}
		if by[title] == nil {
			by[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
		}
		by[title].AddFlag(f)
	})
	return by
}

// SectionUsage makes a command's usage of cobra's own: with the flags that have
// a section in it, ahead of the global ones.
func SectionUsage(plain func(*cobra.Command) error) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		by := sections(cmd.LocalFlags())
		var text strings.Builder
		for _, title := range SectionOrderOfHelp {
			if flags := by[title]; flags != nil {
				text.WriteString("\n" + title + ":\n" + flags.FlagUsages())
				flags.VisitAll(func(f *pflag.Flag) { f.Hidden = true })
			}
		}
		out, rendered := cmd.OutOrStdout(), &bytes.Buffer{}
		cmd.SetOut(rendered)
		err := plain(cmd)
		cmd.SetOut(out)
		for _, flags := range by {
			flags.VisitAll(func(f *pflag.Flag) { f.Hidden = false })
		}
		if err != nil {
			return err
		}
		const global = "\nGlobal Flags:"
		usage := rendered.String()
		if i := strings.Index(usage, global); i >= 0 {
			usage = usage[:i] + text.String() + usage[i:]
		} else {
			usage += text.String()
		}
		return WriteAll(out, []byte(usage))
	}
}
