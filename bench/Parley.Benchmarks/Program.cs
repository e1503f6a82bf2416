using BenchmarkDotNet.Running;
using Parley.Benchmarks;

BenchmarkSwitcher.FromTypes([typeof(ReadBenchmarks), typeof(WriteBenchmarks), typeof(GuardBenchmarks)]).Run(args);
