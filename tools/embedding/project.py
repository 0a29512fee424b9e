"""Writes a Maven project that embeds Cairn as its page describes: project.py PAGE FOLDER PORT-OF-AIRFLOW."""
import pathlib
import re
import sys

page = pathlib.Path(sys.argv[1]).read_text()
folder = pathlib.Path(sys.argv[2])
port = sys.argv[3]

programs = re.findall(r"```java\n(.*?public final class (\w+) .*?)```", page, re.S)
assert sorted(name for _, name in programs) == ["Count", "Etl", "Nightly"], programs
for text, name in programs:
    (folder / f"src/main/java/{name}.java").write_text(text.replace("localhost:8080", f"localhost:{port}"))

coordinates = re.search(r"```xml\n(.*?)```", page, re.S)[1]
artifacts = re.findall(r"^\| `(cairn-[a-z-]+)` \|", page, re.M)
more = "".join(
    f"<dependency><groupId>dev.cairn</groupId><artifactId>{name}</artifactId></dependency>"
    for name in artifacts
    if f"<artifactId>{name}</artifactId>" not in coordinates
)
assert len(artifacts) == 3, artifacts
head, tail = coordinates.rstrip().rsplit("</dependencies>", 1)
(folder / "pom.xml").write_text(f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>outside</artifactId><version>1</version>
<properties><maven.compiler.release>17</maven.compiler.release>
<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
{head}{more}</dependencies>{tail}
</project>
""")
