# bash completion for moonlet
_moonlet()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
        -e) return ;;
        -l)
            COMPREPLY=($(compgen -W "state" -- "$word"))
            return
            ;;
    esac
    case $before in
        --save | --load | --record | --collapse | --show | --diff | =) COMPREPLY=($(compgen -f -- "${word#=}")) && return ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "-e -i -l -v -E -d -- --help --version --stats --pause= --undo= --seed= --save= --load= --delta --record= --dap --dap= --collapse= --show= --diff --check --ast \
            --nodes --dump --strip --map --threads= --processes= --steps= --bytes= \
            --held= --seconds= --stack= --string=" -- "$word"))
        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
    else
        mapfile -t COMPREPLY < <(compgen -f -X '!*.lua' -- "$word"; compgen -d -- "$word")
    fi
}
complete -o filenames -F _moonlet moonlet
