// Lazy chunks lie beside module.js, wherever that was loaded from: under a sub-path or on another host.
import amdModule from 'amd-module';

__webpack_public_path__ = new URL('.', new URL(amdModule.uri, document.baseURI)).href;
