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
    '--map[call the function that the script returns with each line]' \
    '--threads=-[threads of --map]:number' \
    '--processes=-[processes of --map]:number' \
    '--steps=-[steps for each line of --map]:number' \
    '--bytes=-[bytes for each line of --map]:number' \
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
