# Sourced by ./test. Counts what passed and what failed.
passed=0
failed=0
failures=()

# check NAME COMMAND...: runs the command and counts it.
check() {
    local name=$1
    shift
    say "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures+=("$name")
    fi
}

# Adds the reports that the test runners left, says which tests failed, and ends with the sums.
report() {
    local file tests bad skipped=0 more
    while IFS= read -r -d '' file; do
        read -r tests bad more < <(suite_counts "$file")
        passed=$((passed + tests - bad - more))
        failed=$((failed + bad))
        skipped=$((skipped + more))
        [ "$bad" = 0 ] || failures+=("$file")
    done < <(find . -path '*/target/*-reports/*.xml' -print0)
    [ ${#failures[@]} = 0 ] || printf 'FAILED: %s\n' "${failures[@]}"
    [ $skipped = 0 ] || echo "$skipped skipped"
    echo "$passed passed, $failed failed"
    [ $failed = 0 ]
}

# Prints of a JUnit report: tests, failures and errors, skipped.
suite_counts() {
    awk 'match($0, /<testsuite /) {
        while (!/>/ && (getline line) > 0) $0 = $0 " " line
        print count("tests"), count("failures") + count("errors"), count("skipped") + count("disabled")
        exit
    }
    function count(name) { return match($0, "[ \t]" name "=\"[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH) + 0 : 0 }' "$1"
}
