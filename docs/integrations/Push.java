// Push days of sales to Codat, a folder each: java Push.java sales
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

public class Push {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final String KEY =
            Base64.getEncoder().encodeToString(System.getenv("CODAT_API_KEY").getBytes());
    static final String COMPANY = System.getenv("CODAT_COMPANY_ID");
    static final Pattern DATASET = Pattern.compile("\"datasetId\":\"([^\"]+)\"");

    static String codat(String method, String path, BodyPublisher body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(System.getenv("CODAT_BASE_URL") + path))
                .header("Authorization", "Basic " + KEY)
                .header("Content-Type", "application/json")
                .method(method, body)
                .build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(path + " answers " + answer.body());
        }
        return answer.body();
    }

    static void push(String kind, Path file) throws Exception {
        var path = "/data/companies/" + COMPANY + "/sync/commerce-" + kind;
        var pushed = DATASET.matcher(codat("POST", path, BodyPublishers.ofFile(file)));
        if (!pushed.find()) {
            throw new IllegalStateException("There is no datasetId in the answer.");
        }
        while (true) {
            var place = "/meta/companies/" + COMPANY + "/pull/history/" + pushed.group(1);
            var history = codat("GET", place, BodyPublishers.noBody());
            if (history.contains("\"isCompleted\":true")) {
                System.out.println(kind + ": Complete");
                return;
            }
            // It has ended; if it was cancelled, without isErrored.
            if (history.contains("\"completed\":")) {
                throw new IllegalStateException(kind + ": " + history);
            }
            Thread.sleep(1000);
        }
    }

    public static void main(String[] folders) throws Exception {
        for (var folder : folders) {
            for (var kind : List.of("orders", "payments", "transactions")) {
                push(kind, Path.of(folder, kind + ".json"));
            }
        }
    }
}
