#include "ui/design/token_text.h"

#include "ui/theme/theme.h"

#include <QCoreApplication>

namespace diapason::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("TokenText", text);
}

QString inColour(const QString& html, Role role) {
    return QStringLiteral("<span style='color:%1'>%2</span>").arg(colour(role).name(), html);
}

// Neighbours are told apart by their ground, since a piece may be a blank or nothing that can be seen.
QString piecesOf(const std::vector<PreviewToken>& tokens, bool cut) {
    QString html;
    bool odd = false;
    for (const PreviewToken& token : tokens) {
        QString piece = qs(token.piece).toHtmlEscaped().replace(QLatin1Char(' '), QStringLiteral("&nbsp;"));
        if (piece.isEmpty()) piece = QStringLiteral("&nbsp;");
        if (token.answer) piece = QStringLiteral("<b><u>%1</u></b>").arg(piece);
        if (cut) piece = QStringLiteral("<s>%1</s>").arg(piece);
        odd = !odd;
        html += QStringLiteral("<span style='background-color:%1'>%2</span>")
                    .arg(colour(odd ? Role::side : Role::selection).name(), piece);
        if (!token.label.empty()) html += inColour(QLatin1Char('/') + qs(token.label).toHtmlEscaped(), Role::accent);
        html += QStringLiteral("<sub>%1</sub> ").arg(inColour(QString::number(token.id), Role::secondary));
    }
    return html;
}

QString lineOf(const QString& what, const std::vector<PreviewToken>& tokens, bool cut = false) {
    const QString count = tokens.size() == 1 ? tr("%1 (1 token)") : tr("%1 (%2 tokens)");
    return QStringLiteral("<p>%1<br>%2</p>")
        .arg(inColour(tokens.size() == 1 ? count.arg(what) : count.arg(what, QString::number(tokens.size())),
                      Role::secondary),
             piecesOf(tokens, cut));
}

} // namespace

QString tokenText(const ExamplePreview& preview) {
    QString html = QStringLiteral("<p><b>%1</b></p>").arg(tr("Row %1").arg(qs(preview.id).toHtmlEscaped()));
    int number = 0;
    for (const auto& tokens : preview.inputs)
        html += lineOf(preview.inputs.size() == 1 ? tr("Input") : tr("Input %1").arg(++number), tokens);
    if (!preview.target.empty()) html += lineOf(tr("Target"), preview.target);
    if (!preview.cut.empty()) html += lineOf(tr("Cut"), preview.cut, true);
    return html;
}

} // namespace diapason::ui
