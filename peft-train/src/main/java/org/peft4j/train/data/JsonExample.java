package org.peft4j.train.data;

import java.util.Optional;

/**
 * The text of one line.
 *
 * @param prompt what is given; empty if all is to be learned
 * @param completion what is to be learned
 * @param task the number of its task, if it has one
 */
record JsonExample(String prompt, String completion, Optional<Integer> task) {}
