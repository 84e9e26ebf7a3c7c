/**
 * The quickstart: a tiny Llama that tells stories and reports the weather learns two new manners,
 * each in its own adapter. Its training texts are written by the classes here; nothing is
 * downloaded.
 */
@NullMarked
package org.peft4j.examples.quickstart;

import org.jspecify.annotations.NullMarked;
