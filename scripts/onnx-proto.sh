#!/bin/sh
# Makes src/onnx/onnx-ml_pb.ts anew, from the onnx-ml.proto that the Python package onnx ships (here of 1.23.1):
#   scripts/onnx-proto.sh "$(python -c 'import onnx, os; print(os.path.dirname(onnx.__file__))')"
# The proto2 file and not its proto3 twin: only there does a field that is set to its default survive a round trip.
set -e
out="$(cd "$(dirname "$0")/../src/onnx" && pwd)"
work="$(mktemp -d)"
cp "$1/onnx-ml.proto" "$work"
cd "$work"
echo '{ "version": "v2", "plugins": [{ "local": "protoc-gen-es", "out": "out", "opt": ["target=ts", "import_extension=none"] }] }' >buf.gen.yaml
echo 'version: v2' >buf.yaml
npx --yes -p @bufbuild/buf@1.75.0 -p @bufbuild/protoc-gen-es@2.17.0 buf generate .
cp out/onnx-ml_pb.ts "$out"
rm -r "$work"
