#!/bin/sh
# Replaces web/viz/viz.js by that of a version of the npm package @viz-js/viz:
#
#   ./update-viz.sh           # the newest
#   ./update-viz.sh 3.31.0
#
# Needs npm. Read the change log of the package first, compare web/viz/LICENSE with the
# licences of what it contains, and run the browser tests afterwards.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
archive=$(npm pack --silent "@viz-js/viz@${1:-latest}")
tar -xzf "$archive"
version=$(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' package/package.json)
graphviz=$(sed -n 's/.*graphvizVersion = "\([^"]*\)".*/\1/p' package/lib/metadata.js)

cp package/dist/viz.js "$here/web/viz/viz.js"
sed -i "s/version [0-9.]*: Graphviz [0-9.]* and/version $version: Graphviz $graphviz and/" "$here/web/viz/README.md"
echo "viz.js $version with Graphviz $graphviz"
