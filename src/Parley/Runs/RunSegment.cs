namespace Parley.Runs;

/// <summary>A stretch of a run's log as it is stored: never a row per event.</summary>
/// <param name="Run">The run.</param>
/// <param name="First">The sequence of its first event.</param>
/// <param name="Last">The sequence of its last event.</param>
/// <param name="Format">The version of the encoding, <see cref="EventCodec.Format"/>.</param>
/// <param name="Data">The encoded events.</param>
public readonly record struct RunSegment(Id Run, long First, long Last, int Format, ReadOnlyMemory<byte> Data);
