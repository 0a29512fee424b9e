package dev.cairn.run.internal.owner;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Claims each run folder that a line of its input names, and says what came of it. */
final class ClaimProcess {
    private ClaimProcess() {}

    public static void main(String[] arguments) throws Exception {
        Owners owners = Owners.ofThisProcess();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String run = in.readLine(); run != null; run = in.readLine()) {
            System.out.println(owners.claim(Path.of(run)) instanceof Claim.Won ? "won" : "held");
        }
    }
}
