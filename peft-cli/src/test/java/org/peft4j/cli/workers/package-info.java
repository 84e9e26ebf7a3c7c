@NullMarked
package org.peft4j.cli.workers;

import org.jspecify.annotations.NullMarked;
