/** What each shell runs to ask `natsctl __complete` what could come next. */

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** @param descriptions whether the shell shows what each word is */
export function completionScript(shell: Shell, descriptions: boolean): string {
  return SCRIPTS[shell](descriptions ? shell : `${shell}:plain`);
}

/** How to have it in every new shell. */
export const INSTALL: Record<Shell, string> = {
  bash: "echo 'source <(natsctl completion bash)' >> ~/.bashrc",
  zsh: `natsctl completion zsh > "\${fpath[1]}/_natsctl"`,
  fish: 'natsctl completion fish > ~/.config/fish/completions/natsctl.fish',
  powershell: 'natsctl completion powershell >> $PROFILE',
};

const SCRIPTS: Record<Shell, (mode: string) => string> = {
  bash: (mode) => `# natsctl completion for bash: source it, or put it where bash-completion looks.
_natsctl() {
  local line reply
  COMPREPLY=()
  reply=$("\${COMP_WORDS[0]}" __complete ${mode} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return 0
  while IFS= read -r line; do
    case $line in
      '') ;;
      :files) compopt -o default 2>/dev/null ;;
      :folders) compopt -o dirnames 2>/dev/null ;;
      *) COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")") ;;
    esac
  done <<<"$reply"
}
complete -F _natsctl natsctl
`,
  zsh: (mode) => `#compdef natsctl
# natsctl completion for zsh: put it into a folder of $fpath as _natsctl, or source it.
_natsctl() {
  local line value
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" __complete ${mode} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files; return ;;
      :folders) _files -/; return ;;
      *)
        value=\${line%%$'\\t'*}
        value=\${value//:/\\\\:}
        if [[ $line == *$'\\t'* ]]; then candidates+=("$value:\${line#*$'\\t'}"); else candidates+=("$value"); fi
        ;;
    esac
  done
  (( \${#candidates} )) && _describe natsctl candidates
}
if [[ \${funcstack[1]} == _natsctl ]]; then _natsctl "$@"; else compdef _natsctl natsctl; fi
`,
  fish: (mode) => `# natsctl completion for fish: put it into ~/.config/fish/completions/natsctl.fish, or source it.
function __natsctl_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l program $before[1]
    set -e before[1]
    for line in ($program __complete ${mode} $before "$current" 2>/dev/null)
        switch $line
            case ''
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c natsctl -e
complete -c natsctl -f -a '(__natsctl_complete)'
`,
  // An empty last word would be lost on its way to a program: a full stop is put after it, which __complete takes off.
  powershell: (mode) => `# natsctl completion for PowerShell: add it to $PROFILE.
Register-ArgumentCompleter -Native -CommandName natsctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    $reply = & $commandAst.CommandElements[0].Value __complete ${mode} @before "$wordToComplete." 2>$null
    foreach ($line in $reply) {
        if ($line -eq '') { continue }
        if ($line -eq ':files' -or $line -eq ':folders') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
            continue
        }
        $value, $description = $line -split "\`t", 2
        if (-not $description) { $description = $value }
        if ($value -match '[^\\w./:@=+-]') { $text = "'" + ($value -replace "'", "''") + "'" } else { $text = $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}
`,
};
