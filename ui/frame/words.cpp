#include "ui/frame/words.h"

namespace diapason::ui {

QString EnglishPlurals::translate(const char*, const char* text, const char*, int n) const {
    if (n < 0) return {}; // nothing is counted: the text itself
    QString out;
    const QString source = QString::fromUtf8(text);
    for (qsizetype at = 0; at < source.size();) {
        const qsizetype open = source.indexOf(QLatin1Char('('), at);
        const qsizetype close = open < 0 ? -1 : source.indexOf(QLatin1Char(')'), open);
        if (close < 0) {
            out += source.mid(at);
            break;
        }
        const QString inside = source.mid(open + 1, close - open - 1);
        const QStringList forms =
            inside == QLatin1String("s") ? QStringList{QString(), inside} : inside.split(QLatin1Char('|'));
        out += source.mid(at, open - at);
        // Other brackets are brackets.
        out += forms.size() == 2 ? forms[n == 1 ? 0 : 1] : source.mid(open, close - open + 1);
        at = close + 1;
    }
    return out;
}

void EnglishPlurals::install() {
    QCoreApplication* application = QCoreApplication::instance();
    if (application->findChild<EnglishPlurals*>() != nullptr) return;
    QCoreApplication::installTranslator(new EnglishPlurals(application));
}

} // namespace diapason::ui
