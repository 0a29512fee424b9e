package dev.cairn.workflow.resolve;

import java.util.Map;
import java.util.Set;

/**
 * @param secrets names of those that hold a secret
 * @param secretValues the secrets themselves
 */
record ResolvedEnvironment(Map<String, String> variables, Set<String> secrets, Set<String> secretValues) {}
