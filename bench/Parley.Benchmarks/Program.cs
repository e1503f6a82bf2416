using BenchmarkDotNet.Running;
using Parley.Benchmarks;

BenchmarkSwitcher.FromTypes([typeof(ReadBenchmarks), typeof(WriteBenchmarks), typeof(ResumeBenchmarks), typeof(PageBenchmarks), typeof(GuardBenchmarks), typeof(WorkflowBenchmarks)]).Run(args);
