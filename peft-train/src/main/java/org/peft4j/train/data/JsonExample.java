package org.peft4j.train.data;

import java.util.Optional;

/**
 * The text of one line.
 *
 * @param line its number in the file, from 1
 * @param prompt what the model is given; empty if it is to learn all
 * @param completion what the model is to learn
 * @param task the number of its task, if it has one
 */
record JsonExample(int line, String prompt, String completion, Optional<Integer> task) {}
