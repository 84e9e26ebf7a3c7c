package org.peft4j.train.data;

/**
 * The text of one line.
 *
 * @param prompt what is given; empty if all is to be learned
 * @param completion what is to be learned
 */
record JsonExample(String prompt, String completion) {}
