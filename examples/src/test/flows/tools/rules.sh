# Snakemake removes the outputs of jobs that it finds unfinished; none may look so after a resume.
set -eu
mkdir rules
cd rules
cat > Snakefile << 'END'
rule all:
    input: "total"
rule part:
    output: "part-{n}"
    shell: "for i in 1 2 3 4; do echo {wildcards.n} $i >> {output}; sleep 0.1; done"
rule total:
    input: expand("part-{n}", n=range(12))
    output: "total"
    shell: "cat {input} > {output}"
END
snakemake --cores 2 > log 2>&1 || { cat log; exit 1; }
cat total
ls part-*
