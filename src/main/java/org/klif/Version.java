package org.klif;

/** The program's version. */
public final class Version {
  /** Version of this build, the same as in pom.xml. */
  public static final String NUMBER = "0.2.0";

  private Version() {}
}
