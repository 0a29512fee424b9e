package dev.cairn.workflow.resolve;

import java.util.Map;
import java.util.Set;

/**
 * @param secrets names of the variables that hold a secret
 * @param secretValues the values of the secrets
 */
record ResolvedEnvironment(Map<String, String> variables, Set<String> secrets, Set<String> secretValues) {}
