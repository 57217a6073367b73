#compdef moonlet
_arguments -S \
    '*-e[execute a statement]:statement:' \
    '*-l[require a library]:library:(state)' \
    '-i[enter interactive mode after the script]' \
    '-v[show version information]' \
    '-E[ignore environment variables]' \
    '--help[show help]' \
    '--version[show version information and do nothing else]' \
    '--stats[say what steps and memory it took]' \
    '--pause=-[milliseconds that no collection should stop it for]:number' \
    '--undo=-[states that the interactive mode keeps to go back to]:number' \
    '--seed=-[hash strings by this seed]:number' \
    '--save=-[write the world to a file at the end, or when stopped]:file:_files' \
    '*--load=-[go on with a saved program, or begin in its world]:file:_files' \
    '--delta[save just what differs from what was loaded]' \
    '-d[debug what a script has done, also backwards]' \
    '--dap=-[debug for an editor, by the Debug Adapter Protocol]::port:' \
    '--record=-[record what the script does in a file]:file:_files' \
    '--collapse=-[save a chain of saved worlds as one]:file:_files' \
    '--show=-[say what is in a saved world]:file:_files' \
    '--diff[say what differs between two saved worlds]:file:_files' \
    '--map[call the function that the script returns with each line]' \
    '--threads=-[threads of --map]:number' \
    '--processes=-[processes of --map]:number' \
    '--steps=-[steps for each line of --map]:number' \
    '--bytes=-[bytes for each line of --map]:number' \
    '--held=-[bytes alive for each line of --map]:number' \
    '--seconds=-[seconds for each line of --map]:number' \
    '--stack=-[values on the stack for each line of --map]:number' \
    '--string=-[bytes of a string for each line of --map]:number' \
    '--check[say whether files are correct Lua]' \
    '--ast[print the syntax trees of files]' \
    '--nodes[print the code that the files become]' \
    '--dump[write a file as a binary chunk]:to:_files' \
    '--strip[the same without names and lines]:to:_files' \
    '1:script:_files -g "*.lua(-.)"' \
    '*:argument:_files'
