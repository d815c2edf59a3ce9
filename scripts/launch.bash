# What the launchers klif and spark/klif-spark share; they source it. $program is the name for messages.

fail() {
  printf "$program: %s\n" "$@" >&2
  exit 1
}

# Java reads and writes file names by the locale, and in the locale C none has a letter beyond ASCII.
# (Where bash takes the two bytes of a letter for one, the locale is UTF-8; where the second pattern fits, Latin-1.)
use_utf8() {
  local letter=$'\xc3\xa4'
  [[ ${#letter} -eq 1 || $'\xe4' == [[:alpha:]] ]] || export LC_ALL=C.UTF-8
}

# Sets java (the program) and java_version (its first number). JAVA_HOME first, then the search path.
find_java() {
  if [[ -n ${JAVA_HOME:-} ]]; then
    java=$JAVA_HOME/bin/java
    [[ -x $java ]] || fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it; point it to a JDK 17 or later"
  else
    java=$(command -v java) || fail "needs a JDK 17 or later, and there is no java on the search path (Debian, Ubuntu: apt install openjdk-17-jdk)"
  fi
  local release line version=
  release=$(readlink -f "$java")
  release=${release%/bin/java}/release
  if [[ -r $release ]]; then
    while read -r line; do
      [[ $line != JAVA_VERSION=* ]] || version=${line#*=}
    done <"$release"
    version=${version//\"/}
  fi
  if [[ -z $version ]]; then
    version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)
  fi
  java_version=${version%%[.+-]*}
  [[ $java_version -ge 17 ]] 2>/dev/null || fail "needs a JDK 17 or later; $java is version ${version:-unknown}"
}

# What building needs.
require_jdk() {
  local javac=${java%java}javac
  [[ -n ${JAVA_HOME:-} ]] || javac=$(command -v javac)
  [[ -x $javac ]] || fail "needs a JDK 17 or later to build itself; $java is a run time only (Debian, Ubuntu: apt install openjdk-17-jdk)"
  command -v mvn >/dev/null || fail "needs Maven to build itself, and there is no mvn on the search path (Debian, Ubuntu: apt install maven)"
}

# What programs run from is never written again: they open their jars when they need them, and a sweep starts
# processes for days. So each build has a folder of its own in target/app, of links to the files of target/NAME.jar
# and target/lib, and the link target/app/current names the newest. A running program holds a lock on its jar; a
# folder whose jar nobody holds goes when there is a newer one.

# same_time A B: neither is newer
same_time() {
  [[ -e $1 && -e $2 && ! $1 -nt $2 && ! $1 -ot $2 ]]
}

# put FILE FOLDER: makes it the folder's file of that name, by renaming: who has the one before open keeps it
put() {
  local to=$2/${1##*/} part=$2/.${1##*/}.$$
  [[ ! $1 -ef $to ]] || return 0
  { ln "$1" "$part" 2>/dev/null || cp -p "$1" "$part"; } && mv -f "$part" "$to"
}

# place NAME FROM TO: the jar and the libraries of one folder into another
place() {
  local file
  mkdir -p "$3/lib" || return
  for file in "$2"/lib/*.jar; do
    cmp -s "$file" "$3/lib/${file##*/}" || put "$file" "$3/lib" || return
  done
  for file in "$3"/lib/*.jar; do
    [[ -e $2/lib/${file##*/} ]] || rm -f "$file"
  done
  put "$2/$1.jar" "$3"
}

# is_built NAME TARGET SOURCE...: there is a jar, and no source is newer
is_built() {
  local jar=$2/$1.jar lib=$2/lib
  shift 2
  [[ -f $jar && -d $lib && -z $(find "$@" -newer "$jar" -print -quit) ]]
}

# build NAME TARGET: runs build_in FOLDER LOG of the launcher, and puts what it has built into its place
build() {
  local part=$2/app/part.$$ log=$2/$1.build.log
  require_jdk
  if [[ -f $2/$1.jar ]]; then
    echo "$program: building (sources changed) ..." >&2
  else
    echo "$program: building (first run) ..." >&2
  fi
  mkdir -p "$part" && : >"$part/began" || fail "cannot write to $2; Klif builds itself there"
  if ! (build_in "$part") >"$log" 2>&1 </dev/null; then # a build goes to another folder
    rm -rf "$part"
    cat "$log" >&2
    fail "the build failed; its output is above and in $log"
  fi
  # the time at which the build began: a source that is edited meanwhile counts as newer
  touch -r "$part/began" "$part/$1.jar"
  place "$1" "$part" "$2" || fail "cannot write to $2; Klif builds itself there"
  rm -rf "$part"
}

# keep NAME TARGET: makes a folder in target/app of what is in target, and removes those that nobody needs
keep() {
  local app=$2/app new old held
  new=$(date +%Y%m%d-%H%M%S).$$
  mkdir -p "$app/part.$$" && place "$1" "$2" "$app/part.$$" && mv -T "$app/part.$$" "$app/$new" &&
    ln -s "$new" "$app/link.$$" && mv -T "$app/link.$$" "$app/current" || return
  command -v flock >/dev/null || return 0
  for old in "$app"/*.*/; do
    old=${old%/}
    [[ ! $old -ef $app/current ]] || continue
    if [[ ! -f $old/$1.jar ]]; then
      rm -rf "$old" # left by a build that was killed
    elif { exec {held}<"$old/$1.jar"; } 2>/dev/null; then
      if flock -n "$held"; then
        rm -rf "$old"
      fi
      exec {held}>&-
    fi
  done
}

# use NAME TARGET SOURCE...: builds when a source is newer, and sets run_from to the folder to run from, which
# nobody removes while this process lives
use() {
  local name=$1 target=$2 lock in_use
  while :; do
    if ! is_built "$@" || ! same_time "$target/$name.jar" "$target/app/current/$name.jar"; then
      if mkdir -p "$target/app" 2>/dev/null && { exec {lock}>"$target/$name.lock"; } 2>/dev/null; then
        # of several starts at once the first builds, the others wait for it
        if command -v flock >/dev/null; then
          flock "$lock"
        fi
        is_built "$@" || build "$name" "$target"
        same_time "$target/$name.jar" "$target/app/current/$name.jar" || keep "$name" "$target" ||
          fail "cannot write to $target/app; Klif runs from there"
        exec {lock}>&-
      elif is_built "$@"; then
        # built by another user
        run_from=$target
        return
      else
        fail "cannot write to $target; Klif builds itself there"
      fi
    fi
    run_from=$(cd -P "$target/app/current" && pwd) || fail "cannot read $target/app/current"
    # $in_use stays open in the program to come
    if ! { exec {in_use}<"$run_from/$name.jar"; } 2>/dev/null; then
      [[ ! -e $run_from/$name.jar ]] || fail "cannot read $run_from/$name.jar"
      continue
    fi
    if command -v flock >/dev/null; then
      flock -s "$in_use"
    fi
    [[ ! $run_from/$name.jar -ef /dev/fd/$in_use ]] || return 0
    exec {in_use}>&-
  done
}
