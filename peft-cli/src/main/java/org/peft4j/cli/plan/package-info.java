/** {@code peft plan}. */
@NullMarked
package org.peft4j.cli.plan;

import org.jspecify.annotations.NullMarked;
