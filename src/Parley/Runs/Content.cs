namespace Parley.Runs;

/// <summary>A finished content part of a stored message or of input.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Text">Its text, empty for media.</param>
/// <param name="Media">The file, for media.</param>
/// <param name="Data">JSON for programs.</param>
/// <param name="Notes">Remarks on the text.</param>
public sealed record Content(PartKind Kind, string Text = "", Media? Media = null, RawJson? Data = null, ValueList<Annotation> Notes = default);
